import fc from "fast-check";

/**
 * Property tests draw the same examples on every run, so that a change is judged by what it changed. FC_SEED asks for others;
 * a failure prints the seed that repeats it.
 */
fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 20_261_124) });

// What a command prints is compared as text: a terminal's colours stay away also where the environment asks for them.
delete process.env.FORCE_COLOR;
process.env.NO_COLOR = "1";
