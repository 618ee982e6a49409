// What viewers' pages are made of, and pages of theirs that ask for all of it at once: over a slow line each round of
// reading one file and asking for the next costs half a second, and so do many small files, six at a time.
import type { Plugin, Rolldown } from "vite";

const PAGE = /\/src\/watch\/(Watch|Embed|Home)Page\.svelte$/;
const ENTRY = /\/src\/main\.ts$/;

/** The pages beside index.html, with the chunks that each asks for. Who only lists channels loads no engine. */
const PAGES = { "home.html": ["ui", "watch"], "watch.html": ["ui", "watch", "hlsEngine"] };

type Modules = Pick<Rolldown.PluginContext, "getModuleInfo">;

/** Tell whether a module is loaded with one of the roots: imported by it, or by what it imports. */
function isWith(roots: RegExp, id: string, modules: Modules, seen = new Set<string>()): boolean {
  if (roots.test(id)) return true;
  if (seen.has(id)) return false;
  seen.add(id);
  return (modules.getModuleInfo(id)?.importers ?? []).some((importer) => isWith(roots, importer, modules, seen));
}

/** Return the chunk of a module: one for what viewers alone need, one for what they have in common with the Studio. */
export function chunkOf(id: string, modules: Modules): string | null {
  if (!isWith(PAGE, id, modules) || isWith(ENTRY, id, modules)) return null;
  return id.includes("/src/watch/") ? "watch" : "ui";
}

/** Write the viewers' pages: index.html with links to what its script would ask for later. */
export function viewersPages(): Plugin {
  return {
    name: "viewers-pages",
    enforce: "post",
    apply: "build",
    generateBundle(_, bundle) {
      const index = bundle["index.html"];
      if (index?.type !== "asset") return this.error("There is no index.html to add links to.");
      const html = index.source.toString();
      for (const [fileName, names] of Object.entries(PAGES)) {
        const files = new Set(names.flatMap((name) => filesOf(name, bundle)).filter((file) => !html.includes(file)));
        this.emitFile({ type: "asset", fileName, source: html.replace("</head>", `${[...files].map(link).join("")}</head>`) });
      }
    },
  };
}

/** Return what a chunk needs, and the chunk. name: of a group or a module, or of a file. */
function filesOf(name: string, bundle: Rolldown.OutputBundle): readonly string[] {
  const chunk = Object.values(bundle).find((file) => file.type === "chunk" && (file.name === name || file.fileName === name));
  if (chunk?.type !== "chunk") throw new Error(`There is no chunk "${name}" for viewers to load; web/viewers.ts names it.`);
  const imported = chunk.imports.flatMap((fileName) => filesOf(fileName, bundle));
  return [...imported, ...(chunk.viteMetadata?.importedCss ?? []), chunk.fileName];
}

/** Return what has a file loaded at once. Vite's loader asks crossorigin: otherwise it would be loaded twice. */
function link(file: string): string {
  return `  <link rel="${file.endsWith(".css") ? "stylesheet" : "modulepreload"}" crossorigin href="./${file}">\n  `;
}
