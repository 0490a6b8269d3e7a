import { type Clock, formatInstant, newId, ProblemError } from "@breakwater/shared/core";
import { and, asc, count, eq } from "drizzle-orm";
import type { z } from "zod";
import { type Store, schema } from "../../store/index.ts";
import type { Principal } from "./auth/index.ts";
import { iso } from "./moments.ts";
import { notFound, notYours } from "./problems.ts";
import type { savedViewCreate, savedViewSchema } from "./schemas/index.ts";

const { savedView, user } = schema;
/** Named filters of one user: more than anybody finds again. */
const MAX_VIEWS = 100;

type SavedView = z.infer<typeof savedViewSchema>;

/** Filters that users named. Whoever has the link may look at one; only its owner changes it. */
export function createSavedViews({ store: { db }, clock }: { readonly store: Store; readonly clock: Clock }) {
  const read = (where: ReturnType<typeof eq>, principal: Principal): Promise<SavedView[]> =>
    db
      .select({ view: savedView, owner: user.name })
      .from(savedView)
      .innerJoin(user, eq(user.id, savedView.userId))
      .where(where)
      .orderBy(asc(savedView.name), asc(savedView.id))
      .limit(MAX_VIEWS)
      .then((rows) =>
        rows.map(({ view, owner }) => ({
          id: view.id,
          name: view.name,
          owner,
          mine: view.userId === principal.userId,
          address: view.address,
          createdAt: iso(view.createdAt),
        })),
      );

  async function find(id: string, principal: Principal): Promise<SavedView> {
    const [found] = await read(eq(savedView.id, id), principal);
    if (!found) throw notFound("saved view", id);
    return found;
  }

  return {
    list: (principal: Principal) => read(eq(savedView.userId, principal.userId), principal),
    find,
    /** Saves a filter under a name; one that has the name already is replaced, and keeps its link. */
    async save(body: z.infer<typeof savedViewCreate>, principal: Principal): Promise<SavedView> {
      const [mine] = await db.select({ n: count() }).from(savedView).where(eq(savedView.userId, principal.userId));
      if ((mine?.n ?? 0) >= MAX_VIEWS)
        throw new ProblemError({
          code: "too-many-views",
          message: `You have ${MAX_VIEWS} saved views.`,
          next: "Remove one that you do not need.",
        });
      const [saved] = await db
        .insert(savedView)
        .values({ id: newId<string>("sv"), userId: principal.userId, ...body, createdAt: formatInstant(clock.now()) })
        .onConflictDoUpdate({ target: [savedView.userId, savedView.name], set: { address: body.address } })
        .returning({ id: savedView.id });
      return find(saved?.id ?? "", principal);
    },
    async remove(id: string, principal: Principal): Promise<void> {
      if (!(await find(id, principal)).mine) throw notYours("saved view");
      await db.delete(savedView).where(and(eq(savedView.id, id), eq(savedView.userId, principal.userId)));
    },
  };
}
