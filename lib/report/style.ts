/** The archive's one style sheet; its hash stands in the content security policy. */
import { dark, light, mono, sans } from './theme.ts';

function variables(colours: Readonly<Record<string, string>>): string {
  return Object.entries(colours)
    .map(([name, value]) => `--${name}:${value}`)
    .join(';');
}

export const style = `
:root{color-scheme:light dark;${variables(light)}}
@media (prefers-color-scheme:dark){:root{${variables(dark)}}}
*{box-sizing:border-box}
html{scroll-padding-top:72px;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--text);font:16px/24px ${sans};font-variant-numeric:tabular-nums}
header,main{max-width:960px;margin:0 auto;padding:0 24px}
header{padding-top:40px;padding-bottom:24px}
header .kicker{max-width:none;margin:0 0 12px;color:var(--muted);font-size:14px;line-height:20px}
header .kicker a{white-space:nowrap}
h1{margin:0;max-width:30em;font-size:32px;line-height:40px;letter-spacing:-.01em;text-wrap:pretty;overflow-wrap:anywhere}
h1+p{margin:12px 0 0;color:var(--muted)}
header .kicker a{margin-left:12px}
header .kicker a:first-child{margin-left:0}
.links{display:flex;flex-wrap:wrap;gap:4px 16px;margin:12px 0 0;padding:0;list-style:none;font-size:14px}
nav{position:sticky;top:0;z-index:1;background:var(--page);border-bottom:1px solid var(--rule)}
nav ul{display:flex;gap:12px;max-width:960px;margin:0 auto;padding:0 24px;overflow-x:auto;list-style:none;white-space:nowrap}
nav a{display:block;padding:12px 0;font-size:13px;line-height:20px;color:var(--muted);text-decoration:none}
nav a:hover{color:var(--link)}
section{margin:24px 0;padding:8px 32px 32px;background:var(--plate);border:1px solid var(--rule);border-radius:8px}
h2{margin:24px 0 8px;font-size:24px;line-height:32px}
h3{margin:32px 0 8px;font-size:18px;line-height:24px}
h4{margin:24px 0 8px;font-size:16px;line-height:24px;overflow-wrap:anywhere}
p{margin:8px 0;max-width:70ch;overflow-wrap:anywhere}
.muted,small{color:var(--muted)}
.lead{font-size:18px}
a{color:var(--link);text-underline-offset:2px}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
ul,ol{margin:8px 0;padding-left:24px}
li{margin:4px 0;max-width:70ch;overflow-wrap:anywhere}
dl{margin:12px 0;display:grid;gap:8px}
dl>div{display:grid;grid-template-columns:210px minmax(0,1fr);gap:16px}
dt{color:var(--muted);font-size:14px}
dd{margin:0;max-width:62ch;overflow-wrap:anywhere}
.numbers{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:1px;margin:16px 0 8px;padding:0;list-style:none;background:var(--rule);border:1px solid var(--rule);border-radius:8px;overflow:hidden}
.numbers li{display:flex;flex-direction:column;margin:0;max-width:none;padding:20px 24px;background:var(--plate)}
.numbers b{font-size:28px;line-height:32px;letter-spacing:-.01em}
.numbers span{margin-top:4px}
small{font-size:13px;line-height:20px}
.scroll{overflow-x:auto;margin:16px 0}
table{width:100%;border-collapse:collapse;font-size:14px;line-height:20px}
caption{padding:0 0 8px;text-align:left;color:var(--muted);font-size:13px}
h3+.scroll caption,h4+.scroll caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
th{padding:8px 12px 8px 0;border-bottom:1px solid var(--rule);text-align:left;vertical-align:bottom;font-weight:600;white-space:nowrap}
td{padding:8px 12px 8px 0;border-bottom:1px solid var(--rule);vertical-align:top;min-width:76px;max-width:360px;overflow-wrap:break-word}
.wide{min-width:200px}
.number{text-align:right;white-space:nowrap;overflow-wrap:normal}
th:last-child,td:last-child{padding-right:0}
code,pre{font-family:${mono};font-size:13px}
code{overflow-wrap:anywhere;white-space:pre-wrap}
pre{margin:8px 0;padding:12px 16px;max-height:420px;overflow:auto;line-height:20px;background:var(--code);border-radius:6px}
pre code{white-space:pre-wrap}
.card{margin:16px 0;padding:4px 0 4px 20px;border-left:4px solid var(--muted)}
.card .title{margin:0 0 8px;font-size:16px;line-height:24px;overflow-wrap:anywhere}
.card.worse{border-left-color:var(--worse)}.card.worse .sign{color:var(--worse)}
.card.warning{border-left-style:dashed;border-left-color:var(--warning)}.card.warning .sign{color:var(--warning)}
.card.good{border-left-color:var(--good)}.card.good .sign{color:var(--good)}
.card.neutral{border-left:1px solid var(--rule)}.card.neutral .sign{color:var(--muted)}
.sign{margin-right:6px;font-weight:600;white-space:nowrap}
details{margin:8px 0;border:1px solid var(--rule);border-radius:8px}
summary{padding:14px 20px;cursor:pointer;overflow-wrap:anywhere}
summary b{font-weight:600}
.meta{display:flex;flex-wrap:wrap;gap:4px 20px;margin-top:4px;color:var(--muted);font-size:14px;line-height:20px}
details[open]>summary{border-bottom:1px solid var(--rule)}
.inside{padding:4px 20px 20px;scroll-margin-top:150px}
.inside:target{box-shadow:inset 3px 0 0 var(--link)}
figure{margin:16px 0}
figcaption{font-weight:600}
.chart{display:block;width:100%;min-width:520px;font:13px ${sans}}
.chart text{fill:var(--text)}.chart .axis{fill:var(--muted);font-size:12px}
.track{fill:var(--track)}.bar{fill:var(--link)}.span{fill:var(--link);opacity:.45}
.usual{fill:var(--track);opacity:.7}.line{fill:none;stroke:var(--link);stroke-width:2.5;stroke-linejoin:round}.line.dashed{stroke-dasharray:6 5}
.dot{fill:var(--link)}.from{stroke:var(--worse);stroke-width:2;stroke-dasharray:3 3}
.mark{stroke:var(--text);stroke-width:3}.tick{stroke:var(--rule)}
.cell{width:60px;height:8px}
.spark{display:block;width:80px;height:21px}.spark .line{stroke-width:1.5}
.latest{direction:rtl}.latest>svg{direction:ltr}
.button{display:inline-block;padding:10px 20px;border-radius:6px;background:var(--link);color:var(--plate);text-decoration:none}
@media (max-width:640px){
header,main{padding-left:12px;padding-right:12px}header{padding-top:24px}nav ul{padding:0 12px}
section{padding:4px 16px 20px}h1{font-size:24px;line-height:32px}h2{font-size:20px;line-height:28px}
dl>div{grid-template-columns:minmax(0,1fr);gap:0}.numbers li{padding:12px}.numbers b{font-size:20px;line-height:28px}.numbers span{font-size:14px;line-height:20px}
.cards,.cards tbody,.cards tr,.cards td{display:block}.cards thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.cards tr{padding:8px 0;border-bottom:1px solid var(--rule)}.cards td{padding:2px 0;border:0;min-width:0;max-width:none;text-align:left;white-space:normal;overflow-wrap:anywhere}
.cards td::before{content:attr(data-of) ": ";color:var(--muted)}.cards caption{display:block}
.inside{padding:4px 14px 16px}summary{padding:12px 14px}
}
@media print{
nav{display:none}body{background:none}section{border:0;padding:0}details{break-inside:avoid}pre{max-height:none}.scroll{overflow:visible}
details::details-content{content-visibility:visible;block-size:auto}
details:not([open])>:not(summary){display:block}
}
`;
