import * as z from "zod";

/** Lists longer than this are cut, and said to be. */
const MAX_IMAGES = 2_000;
const MAX_CONTAINERS = 2_000;

const text = z
  .string()
  .nullish()
  .transform((s) => (s ?? "").slice(0, 500));
const texts = z
  .array(text)
  .nullish()
  .transform((all) => (all ?? []).slice(0, 50));
const size = z.coerce.number().catch(0);

const containerSchema = z.object({ id: z.string(), name: z.string(), state: z.string() });
const imageSchema = z.object({
  id: z.string(),
  names: z.array(z.string()),
  digests: z.array(z.string()),
  /** RFC 3339; "" when the runtime does not say. */
  createdAt: z.string(),
  sizeBytes: z.number(),
  containers: z.array(containerSchema),
});
export const containerRuntimeSchema = z.object({
  name: z.string(),
  /** What was read: "socket" or "files"; "" when nothing could be. */
  source: z.string(),
  problem: z.string(),
  images: z.array(imageSchema),
});
export type ContainerRuntime = z.infer<typeof containerRuntimeSchema>;
type Image = Omit<z.infer<typeof imageSchema>, "containers">;
type Container = z.infer<typeof containerSchema> & { readonly image: string };

/** Docker writes "sha256:" before an id, podman does not. */
const bare = (id: string) => id.replace(/^sha256:/, "");
const moment = (ms: number) => (Number.isFinite(ms) && ms > 0 ? new Date(Math.min(ms, 8.64e15)).toISOString() : "");

/** Images with their containers. A container of an image that is gone, or that nobody lists, has an image of its own. */
function joined(images: readonly Image[], containers: readonly Container[]): Pick<ContainerRuntime, "images"> & { problem?: string } {
  const known = new Map(images.slice(0, MAX_IMAGES).map((image) => [bare(image.id), { ...image, containers: [] as Container[] }]));
  for (const container of containers.slice(0, MAX_CONTAINERS)) {
    const id = bare(container.image);
    const image = known.get(id) ?? { id: container.image, names: [], digests: [], createdAt: "", sizeBytes: 0, containers: [] };
    known.set(id, image);
    image.containers.push(container);
  }
  const cut = images.length > MAX_IMAGES || containers.length > MAX_CONTAINERS;
  return {
    ...(cut ? { problem: `only ${MAX_IMAGES} images and ${MAX_CONTAINERS} containers are told` } : {}),
    images: [...known.values()].map((image) => ({
      ...image,
      containers: image.containers.map(({ id, name, state }) => ({ id, name, state })),
    })),
  };
}

const dockerImages = z.array(z.object({ Id: text, RepoTags: texts, RepoDigests: texts, Created: size, Size: size }));
const dockerContainers = z.array(z.object({ Id: text, Names: texts, ImageID: text, State: text }));

/** Answers of GET /images/json and /containers/json. @see https://docs.docker.com/reference/api/engine/version/v1.47/#tag/Image/operation/ImageList */
export function parseDockerApi(images: string, containers: string): Pick<ContainerRuntime, "images"> {
  return joined(
    dockerImages.parse(JSON.parse(images)).map((i) => ({
      id: i.Id,
      names: i.RepoTags.filter((t) => t !== "<none>:<none>"),
      digests: i.RepoDigests,
      createdAt: moment(i.Created * 1000),
      sizeBytes: i.Size,
    })),
    dockerContainers
      .parse(JSON.parse(containers))
      .map((c) => ({ id: c.Id, name: (c.Names[0] ?? "").replace(/^\//, ""), state: c.State, image: c.ImageID })),
  );
}

const storageImages = z.array(z.object({ id: text, digest: text, names: texts, created: text }));
const storageContainers = z.array(z.object({ id: text, names: texts, image: text }));

/** Podman's own records: which containers run is not among them. @see https://github.com/containers/storage/blob/main/images.go */
export function parseStorage(images: string, containers: string): Pick<ContainerRuntime, "images"> {
  return joined(
    storageImages.parse(JSON.parse(images)).map((i) => ({
      id: i.id,
      names: i.names,
      digests: i.digest === "" ? [] : [i.digest],
      createdAt: moment(Date.parse(i.created)),
      sizeBytes: 0,
    })),
    storageContainers.parse(JSON.parse(containers)).map((c) => ({ id: c.id, name: c.names[0] ?? "", state: "unknown", image: c.image })),
  );
}

const criImages = z.object({ images: z.array(z.object({ id: text, repoTags: texts, repoDigests: texts, size })).nullish() });
const criContainers = z.object({
  containers: z.array(z.object({ id: text, metadata: z.object({ name: text }).nullish(), imageRef: text, state: text })).nullish(),
});

/** What crictl prints of the CRI's ListImages and ListContainers, which do not say when an image was made. @see https://github.com/kubernetes/cri-api */
export function parseCrictl(images: string, containers: string): Pick<ContainerRuntime, "images"> {
  return joined(
    (criImages.parse(JSON.parse(images)).images ?? []).map((i) => ({
      id: i.id,
      names: i.repoTags,
      digests: i.repoDigests,
      createdAt: "",
      sizeBytes: i.size,
    })),
    (criContainers.parse(JSON.parse(containers)).containers ?? []).map((c) => ({
      id: c.id,
      name: c.metadata?.name ?? "",
      state: c.state.replace(/^CONTAINER_/, "").toLowerCase(),
      image: c.imageRef,
    })),
  );
}
