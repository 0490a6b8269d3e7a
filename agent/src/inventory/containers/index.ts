import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { request } from "node:http";
import { runText } from "../run-tool.ts";
import { type ContainerRuntime, parseCrictl, parseDockerApi, parseStorage } from "./parse.ts";

export type { ContainerRuntime } from "./parse.ts";

/** Where the runtimes of a machine are found; a test names its own. */
export interface ContainerPlaces {
  readonly dockerSockets: readonly string[];
  readonly podmanSocket: string;
  /** Podman's store of images and containers (containers-storage.conf(5): graphroot). */
  readonly podmanStorage: string;
  readonly containerdSocket: string;
}

const PLACES: ContainerPlaces = {
  dockerSockets: ["/run/docker.sock", "/var/run/docker.sock"],
  podmanSocket: "/run/podman/podman.sock",
  podmanStorage: "/var/lib/containers/storage",
  containerdSocket: "/run/containerd/containerd.sock",
};
const TIMEOUT_MS = 10_000;
const MAX_BYTES = 32 * 1024 * 1024;

/**
 * Images and containers of each runtime on this machine, for reading only. A runtime that is not there is not listed; one that
 * cannot be read is listed with the reason. Its sockets are root's: without privileges most answer "may not".
 */
export async function readContainerRuntimes(places: ContainerPlaces = PLACES): Promise<ContainerRuntime[]> {
  const runtimes: ContainerRuntime[] = [];
  const take = async (name: string, source: string, read: () => Promise<Pick<ContainerRuntime, "images">>): Promise<void> => {
    try {
      runtimes.push({ name, source, problem: "", ...(await read()) });
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const problem = code === "EACCES" || code === "EPERM" ? "the agent may not read it" : (code ?? message);
      runtimes.push({ name, source: "", problem: problem.slice(0, 500), images: [] });
    }
  };
  const docker = places.dockerSockets.find((path) => existsSync(path));
  if (docker) await take("docker", "socket", () => dockerApi(docker));
  if (existsSync(places.podmanSocket)) await take("podman", "socket", () => dockerApi(places.podmanSocket));
  else if (existsSync(places.podmanStorage)) await take("podman", "files", () => podmanFiles(places.podmanStorage));
  if (existsSync(places.containerdSocket)) await take("containerd", "socket", () => crictl(places.containerdSocket));
  return runtimes;
}

/** Docker's API, which podman serves as well. Two questions, both reading. @see https://docs.docker.com/reference/api/engine/ */
async function dockerApi(socketPath: string): Promise<Pick<ContainerRuntime, "images">> {
  return parseDockerApi(await ask(socketPath, "/images/json"), await ask(socketPath, "/containers/json?all=1"));
}

function ask(socketPath: string, path: string): Promise<string> {
  return new Promise((done, refuse) => {
    const call = request({ socketPath, path, timeout: TIMEOUT_MS }, (answer) => {
      const parts: Buffer[] = [];
      let size = 0;
      answer.on("data", (part: Buffer) => {
        size += part.length;
        if (size > MAX_BYTES) call.destroy(new Error(`it answered with more than ${MAX_BYTES} bytes`));
        else parts.push(part);
      });
      answer.on("end", () =>
        answer.statusCode === 200 ? done(Buffer.concat(parts).toString("utf8")) : refuse(new Error(`it answered ${answer.statusCode}`)),
      );
    });
    call.on("timeout", () => call.destroy(new Error("it did not answer in time")));
    call.on("error", refuse);
    call.end();
  });
}

async function podmanFiles(storage: string): Promise<Pick<ContainerRuntime, "images">> {
  const images = await readFile(`${storage}/overlay-images/images.json`, "utf8");
  const containers = await readFile(`${storage}/overlay-containers/containers.json`, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "[]";
    throw error;
  });
  return parseStorage(images, containers);
}

async function crictl(socket: string): Promise<Pick<ContainerRuntime, "images">> {
  const tell = async (...question: string[]): Promise<string> => {
    const answer = await runText("crictl", ["--runtime-endpoint", `unix://${socket}`, ...question, "-o", "json"], {
      timeoutMs: TIMEOUT_MS,
    });
    if (!answer.ok) throw new Error(answer.problem.message);
    return answer.value;
  };
  return parseCrictl(await tell("images"), await tell("ps", "-a"));
}
