import fc from "fast-check";

/**
 * Property tests draw the same examples on every run, so that a change is judged by what it changed. FC_SEED asks for others;
 * a failure prints the seed that repeats it.
 */
fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 20_261_124) });
