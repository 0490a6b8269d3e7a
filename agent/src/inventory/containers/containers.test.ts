import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readContainerRuntimes } from "./index.ts";
import { parseCrictl } from "./parse.ts";

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "breakwater-oci-"));
});
afterAll(() => rmSync(dir, { recursive: true }));
const places = (change: object = {}) => ({
  dockerSockets: [join(dir, "none")],
  podmanSocket: join(dir, "none"),
  podmanStorage: join(dir, "none"),
  containerdSocket: join(dir, "none"),
  ...change,
});

const IMAGES = [
  { Id: "sha256:aa", RepoTags: ["shop:1.2", "<none>:<none>"], RepoDigests: ["shop@sha256:dd"], Created: 1_700_000_000, Size: 10 },
  { Id: "sha256:bb", RepoTags: null, RepoDigests: null, Created: 0, Size: 5 },
];
const CONTAINERS = [
  { Id: "c1", Names: ["/web"], ImageID: "sha256:aa", State: "running" },
  { Id: "c2", Names: null, ImageID: "sha256:gone", State: "exited" },
];
const SHOP = {
  id: "sha256:aa",
  names: ["shop:1.2"],
  digests: ["shop@sha256:dd"],
  createdAt: "2023-11-14T22:13:20.000Z",
  sizeBytes: 10,
  containers: [{ id: "c1", name: "web", state: "running" }],
};

// The answers below are written after the runtimes' documents; no real runtime was asked.
describe("container runtimes", () => {
  it("that are not there are not listed", async () => {
    expect(await readContainerRuntimes(places())).toEqual([]);
  });

  it("tell images and containers by their socket, and why when they do not", async () => {
    const asked: string[] = [];
    let broken = false;
    const server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      if (broken) response.writeHead(500).end("no");
      else response.end(JSON.stringify(request.url?.startsWith("/images") ? IMAGES : CONTAINERS));
    });
    const socket = join(dir, "docker.sock");
    await new Promise<void>((done) => server.listen(socket, done));
    const [docker] = await readContainerRuntimes(places({ dockerSockets: [socket] }));
    expect(docker).toMatchObject({ name: "docker", source: "socket", problem: "" });
    expect(docker?.images).toEqual([
      SHOP,
      expect.objectContaining({ id: "sha256:bb", names: [], createdAt: "", containers: [] }),
      expect.objectContaining({ id: "sha256:gone", containers: [{ id: "c2", name: "", state: "exited" }] }),
    ]);
    expect(asked).toEqual(["GET /images/json", "GET /containers/json?all=1"]);
    broken = true;
    expect(await readContainerRuntimes(places({ podmanSocket: socket }))).toEqual([
      { name: "podman", source: "", problem: "it answered 500", images: [] },
    ]);
    server.close();
  });

  it("of podman without a socket are read from its files, which do not say what runs", async () => {
    const storage = join(dir, "storage");
    mkdirSync(join(storage, "overlay-images"), { recursive: true });
    expect((await readContainerRuntimes(places({ podmanStorage: storage })))[0]).toMatchObject({ source: "", problem: "ENOENT" });
    const image = { id: "aa", digest: "sha256:dd", names: ["localhost/shop:1.2"], created: "2023-11-14T22:13:20Z" };
    writeFileSync(join(storage, "overlay-images/images.json"), JSON.stringify([image]));
    mkdirSync(join(storage, "overlay-containers"));
    writeFileSync(join(storage, "overlay-containers/containers.json"), JSON.stringify([{ id: "c1", names: ["web"], image: "aa" }]));
    const [podman] = await readContainerRuntimes(places({ podmanStorage: storage }));
    expect(podman).toMatchObject({ name: "podman", source: "files", problem: "" });
    expect(podman?.images[0]).toMatchObject({ names: ["localhost/shop:1.2"], containers: [{ name: "web", state: "unknown" }] });
  });

  it("of Kubernetes are told by the CRI", () => {
    const images = { images: [{ id: "sha256:aa", repoTags: ["shop:1.2"], repoDigests: ["shop@sha256:dd"], size: "10" }] };
    const containers = { containers: [{ id: "c1", metadata: { name: "web" }, imageRef: "sha256:aa", state: "CONTAINER_RUNNING" }] };
    expect(parseCrictl(JSON.stringify(images), JSON.stringify(containers)).images).toEqual([{ ...SHOP, createdAt: "" }]);
    expect(parseCrictl("{}", "{}").images).toEqual([]);
  });
});
