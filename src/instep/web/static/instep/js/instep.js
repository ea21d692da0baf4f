/* The entrance: each module listens on the document, so that what htmx swaps in works without setting up. */

import "./keys.js";
import "./lists.js";
import "./panel.js";
import "./palette.js";
import "./inline.js";
import "./acts.js";
import "./picker.js";
import "./toasts.js";
import "./menus.js";
import "./times.js";
import "./health.js";
import "./transfer.js";
import "./cells.js";
import "./week.js";
