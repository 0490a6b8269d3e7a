import { sql } from "drizzle-orm";
import { z } from "zod";

/** An entry of the package catalogue, by {@link CATALOGUE_COLUMNS}. */
export const catalogueRow = z.object({
  id: z.coerce.number(),
  ecosystem: z.string(),
  name: z.string(),
  version: z.string(),
  architecture: z.string(),
  sourceName: z.string(),
  sourceVersion: z.string(),
  vendor: z.string(),
  distribution: z.string(),
});
/** Of `package_catalogue c`. */
export const CATALOGUE_COLUMNS = sql`c.id, c.ecosystem, c.name, c.version, c.architecture, c.source_name as "sourceName",
  c.source_version as "sourceVersion", c.vendor, c.distribution`;

/**
 * What is where, as `(endpoint_id, package_id)`: packages of the system, and components found in files that belong to none
 * of them. Packages of which only configuration is left are not there.
 */
export const INSTALLED = sql`(select endpoint_id, package_id from endpoint_package where status not in ('config-files', 'not-installed')
  union select endpoint_id, package_id from endpoint_component where owner = '')`;
