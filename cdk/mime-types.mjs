// Stands in the bundle for nodemailer's table of all media types: what is attached says its own.
export const detectMimeType = () => 'application/octet-stream';
export const detectExtension = () => 'bin';
