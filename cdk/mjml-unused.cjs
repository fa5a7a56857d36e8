// Stands in the bundle for the parts of mjml that no mail here has: one class under all the names it registers.
class Unused {
  static getTagName = () => 'mj-unused';
  static isRawElement = () => false;
}
const names = ['Accordion', 'AccordionElement', 'AccordionText', 'AccordionTitle', 'Carousel', 'CarouselImage'];
const more = ['Navbar', 'NavbarLink', 'Social', 'SocialElement', 'default'];
module.exports = { __esModule: true, ...Object.fromEntries([...names, ...more].map((name) => [name, Unused])) };
