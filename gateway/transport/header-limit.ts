/**
 * uWebSockets.js takes 4 KiB of request line and headers unless its environment says otherwise when it is
 * loaded, which a token of 8 kB doesn't fit. To be imported before it.
 */
const MAX_HEADER_BYTES = 16 * 1024;

process.env['UWS_HTTP_MAX_HEADERS_SIZE'] ??= String(MAX_HEADER_BYTES);
