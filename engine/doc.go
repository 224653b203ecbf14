// SPDX-License-Identifier: AGPL-3.0-or-later

// Package engine is the investigation itself: it registers titles, makes marked copies of them, and traces leaks
// back to the recipient. It is the one door for everything above it: the command line, the window, the API.
//
// An [Engine] works in one home folder, which [storage.Store] keeps. It puts together what knows nothing of each
// other: ffmpeg in a confined child (engine/media), the mark (engine/watermark), codewords and statistics
// (engine/code).
//
// # Errors
//
// What goes wrong with a file is a [media.Error], what goes wrong with the home or with what the caller asked for is
// a [storage.Error]; both say in words what is wrong with what. A context that ended gives its cause.
//
// # Progress
//
// Whatever takes long tells a function how far it is, see [Progress], and ends soon after its context does. What was
// marked or traced until then is kept: the same call goes on where it stopped.
package engine
