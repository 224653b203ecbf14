// SPDX-License-Identifier: AGPL-3.0-or-later

// Package reference knows titles again: it keeps a compact stand-in for each
// title, finds which title a leak shows and where, and registers the leak
// against it.
//
// # Reference
//
// A reference is one file, see [File]: small gray pictures of the title at
// exact times of the original, as H.264 in short groups that can be decoded
// alone, and keypoints with descriptors for some of them. It is written by a
// [Writer] in one pass over the original, and carries the SHA-256 of every
// part. It holds no key: who has a reference can find and register leaks, not
// read or make marks.
//
// # Coordinates
//
// Places in a picture are in units of its width and height: (0, 0) is the
// upper left corner of the upper left pixel, (1, 1) the lower right corner of
// the lower right one, so that the centre of pixel (i, j) of a picture of
// w x h is ((i+0.5)/w, (j+0.5)/h). They are the same at every size.
package reference
