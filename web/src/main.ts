import { mount } from "svelte";
import App from "./App.svelte";
import "./shared/base.css";
import { refuseFiles } from "./shared/filedrops.ts";
import { followLinks } from "./shared/router.svelte.ts";

const target = document.getElementById("app");
if (!target) throw new Error("the page has no place for the application");
followLinks();
refuseFiles();
mount(App, { target });
