// SPDX-License-Identifier: AGPL-3.0-or-later

// Spoor-bench measures what Spoor promises, on real clips, and writes the pages of docs/measured:
//
//	evidence  who is named after which damage, and that nobody innocent is
//	quality   what a mark costs the picture
//	speed     times, as ratios to a baseline of the same run, and memory
//
// It uses the same doors as any other program: the engine, and for what the engine does not tell (the distribution of
// innocent scores, flicker), its rooms. A page tells how it was made, and lists misses as misses.
//
// # Keeping
//
// With --keep DIR, marked copies, leaks and results stay in DIR, and the same command goes on where it was stopped.
// Everything is kept under what it depends on: copies under what the embedder does to a test picture, leaks also under
// the leak tool and ffmpeg, results also under the source of the engine.
package main
