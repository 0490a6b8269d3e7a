export { download, MAX_DOWNLOAD_BYTES, NO_VALIDATORS, sha256Of, type Validators } from "./download.ts";
export { createTransport, type Transport, type TransportOptions } from "./http.ts";
