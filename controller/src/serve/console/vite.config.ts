import { svelte } from "@sveltejs/vite-plugin-svelte";
import tailwindcss from "@tailwindcss/vite";
import { defineConfig } from "vite";

// In development the pages come from Vite and everything else from a running controller.
const controller = process.env.BREAKWATER_URL ?? "http://127.0.0.1:8480";

export default defineConfig({
  plugins: [svelte(), tailwindcss()],
  server: { proxy: { "/api": controller } },
  build: { target: "es2022", sourcemap: false, chunkSizeWarningLimit: 700 },
});
