// SPDX-License-Identifier: AGPL-3.0-or-later

// Package watermark makes the invisible mark and reads it back without the original.
//
// # The mark
//
// A mark is a texture that is added to the luma of a title. It is defined in canonical coordinates, a picture of
// the title's aspect with the area of 640x360, so that it scales with the title. There it repeats every
// [Period] pixels, so that any crop shows it and a shift only moves it. One period, the tile, is a sum of
// sinusoids of 0.03 to 0.18 cycles a pixel, the band that codecs keep:
//
//   - about 66 sync lines, the same in all copies of all titles that share a [SyncSet]: their frequencies give
//     the geometry of a leak away, their phases which pattern shows;
//   - about 626 message carriers, whose real and imaginary parts carry the [Chips] signs of a codeword.
//
// Eight patterns of the same codeword take turns in an order that the [Key] knows. Each gives way to the next
// evenly over [SlotSeconds]: nothing jumps, so nothing flickers, and what stands still in a leak can be told from
// the mark and taken out.
//
// The mark is weaker where it would be seen: on smooth ground, in the dark, and nothing at all on ground that is
// perfectly even. How much more busy ground carries than smooth ground is chosen for each title: a [Survey] of its
// frames foretells what a mark costs the picture. Readers need not know what was chosen.
//
// # Reading
//
// [Analyse] whitens frames, so that every place and every frequency counts by what it can tell. [Key.Readings]
// then tries geometries: the whole picture first, then turned, cropped and filmed ones. A geometry is judged by
// the sync lines alone: the units of half a second are followed through the order of the patterns by a hidden
// Markov model over the title's time, which makes ten faint seconds in the right order outweigh any chance fit,
// and tells which minute of the title a leak shows. The message carriers then give [Evidence]: soft chips, a sum
// over frames. No codeword is looked at before that, which is what makes the statistics of package code exact.
//
// The tile of sparse sinusoids, the cycling patterns and the keyed signs go back to this project's prototypes
// (prototype-blind.md in the design). The even cross-fade, the order of the patterns as a pilot, and reading at
// 0.6 of the canonical size are new and were measured better.
package watermark
