/** The style sheet of the page. It adds to what HTML and SVG attributes say; without it the page is plain and whole. */
import { verbatim, type Markup } from './draw/markup.ts';

export const pageCss: Markup = verbatim(`
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:17px/1.55 system-ui,-apple-system,"Segoe UI",sans-serif;overflow-wrap:break-word}
main{max-width:1200px;margin:0 auto;padding:28px 24px 64px}
h1{font-size:clamp(27px,4.2vw,44px);line-height:1.15;margin:6px 0 16px;letter-spacing:-.015em;text-wrap:balance;max-width:26em}
h2{font-size:clamp(21px,2.4vw,28px);line-height:1.25;margin:2px 0 8px;letter-spacing:-.01em;text-wrap:balance}
h3{font-size:17px;line-height:1.3;margin:0 0 2px}
p,li{max-width:75ch}
p{margin:0 0 10px}
ul{padding-left:1.2em;margin:0 0 14px}
li{margin-bottom:6px}
a{color:var(--good)}
.eyebrow{color:var(--quiet);font-size:15px;margin:0;max-width:none}
.again{margin:18px 0}
.again p{margin:0 0 4px}
pre{margin:0;padding:12px 14px;background:var(--panel);border:1px solid var(--grid);border-radius:6px;overflow-x:auto;font:15px/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;user-select:all}
.contents{columns:2;column-gap:36px;padding-left:2em;font-size:16px;margin:8px 0 0}
.contents li{break-inside:avoid;max-width:none;padding-left:.3em}
.contents li::marker{font-weight:700;font-variant-numeric:tabular-nums}
.plot,.more{margin-top:52px;border-top:1px solid var(--grid);padding-top:18px}
.plot figure{margin:14px 0 8px}
.reading{color:var(--quiet);font-size:16px}
.small{font-size:14px;line-height:1.45;color:var(--quiet);margin:0}
.verdict{margin:0 0 2px;font-weight:600}
.glyph{vertical-align:-2px}
svg{max-width:100%;height:auto;font-variant-numeric:tabular-nums;overflow:visible}
.row>svg,.panels>svg,.one>svg{display:block;width:100%}
.row{display:grid;grid-template-columns:minmax(190px,230px) 1fr 1fr;gap:6px 18px;align-items:start;padding:14px 0 6px;border-bottom:1px solid var(--grid);break-inside:avoid}
.panels{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,340px),1fr));gap:22px 28px;margin-bottom:22px}
.panels.wide{grid-template-columns:repeat(auto-fit,minmax(min(100%,520px),1fr))}
.panels>svg{max-width:640px}.panels.wide>svg{max-width:760px}
.scroll{overflow-x:auto;max-width:100%}
.scroll:focus-visible,summary:focus-visible,a:focus-visible,pre:focus-visible{outline:3px solid var(--good);outline-offset:2px}
.one>svg{min-width:760px}
details{margin:6px 0}
summary{cursor:pointer;color:var(--good);font-weight:600;padding:6px 0;width:fit-content}
table{border-collapse:collapse;font-size:15px;line-height:1.4;font-variant-numeric:tabular-nums;margin:4px 0 10px}
caption{text-align:left;color:var(--quiet);padding:4px 0 8px;font-size:15px}
th,td{text-align:left;vertical-align:top;padding:5px 14px 5px 0;border-bottom:1px solid var(--grid)}
thead th{color:var(--quiet);font-weight:600;vertical-align:bottom;border-bottom:2px solid var(--axis)}
tbody th{font-weight:600;white-space:nowrap}
.n{text-align:right;white-space:nowrap}
.policies table{font-size:14px}
.policies td:nth-child(2),.policies td:last-child{min-width:190px}
.policies td:nth-child(3){min-width:150px}
.absent{color:var(--quiet)}
.absent code,li code{font:15px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--panel);padding:1px 5px;border-radius:4px}
@media (max-width:900px){.row{grid-template-columns:1fr}.contents{columns:1}main{padding:18px 16px 48px}}
@media (max-width:600px){.panels.wide{overflow-x:auto}.panels.wide>svg{min-width:520px}}
@media (forced-colors:active){svg{forced-color-adjust:none;background:var(--page)}}
@media print{body{font-size:11pt}main{max-width:none;padding:0}.plot,.more{break-inside:avoid-page;margin-top:24px}.row{grid-template-columns:150px 1fr 1fr}.scroll,pre{overflow:visible;white-space:pre-wrap}summary{display:none}details::details-content{content-visibility:visible;display:block;block-size:auto}table{font-size:7.5pt}th,td{padding-right:6px}.skip{display:none}}
`);
