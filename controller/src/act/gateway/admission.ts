/** A bounded number of places. What does not fit is turned away at once instead of piling up. */
export function createAdmission(places: number) {
  let taken = 0;
  return {
    get taken() {
      return taken;
    },
    /** @returns a function that gives the place back (once, however often it is called), or undefined when all are taken */
    enter(): (() => void) | undefined {
      if (taken >= places) return undefined;
      taken++;
      let left = false;
      return () => {
        if (!left) taken--;
        left = true;
      };
    },
  };
}
export type Admission = ReturnType<typeof createAdmission>;
