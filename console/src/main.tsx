import { render } from "preact";
import { huesCss } from "@switchboard/widget/colors";
import { Console } from "./console";
import { languageOf } from "./strings";
import { App } from "./ui/App";
import "./ui/styles.css";

const language = languageOf(navigator.language);
document.documentElement.lang = language.locale;
document.documentElement.dir = language.direction;

const hues = new CSSStyleSheet(); // Constructed, as the page's policy has no inline styles.
hues.replaceSync(huesCss());
document.adoptedStyleSheets = [hues];

const desk = new Console(new URL("..", location.href).href); // The server has us at `/console/`, perhaps under a path.
desk.watchPage(window, new AbortController().signal);
render(<App desk={desk} language={language} />, document.body);
