/** The formats of documents, as one chunk of the bundle: the package stays under 60 files. */
export { reportHtml } from './html.ts';
export { reportMarkdown } from './markdown.ts';
