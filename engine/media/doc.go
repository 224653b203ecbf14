// SPDX-License-Identifier: AGPL-3.0-or-later

// Package media turns video files into frames and frames into video files,
// with ffmpeg in a confined child process.
//
// # Trust
//
// Any file may be an attack on its decoder. So ffmpeg never runs inside this
// program: every run is a child that can read its libraries and the one input
// file, which it is given as an open descriptor, and write nothing but the one
// output. It has no network, limited processor time and memory, and dies with
// its parent. Which walls stood is told by [Tools.Versions] and belongs into
// the record of every result. Playlists, scripts and other formats that open
// further files are refused. What the child writes is parsed as hostile input.
//
// The child is this very program, started anew: [ChildMain] must be the first
// call of main and TestMain.
//
// # Time
//
// Frames carry the exact time stamps of the file, taken from the file's start,
// at constant and variable frame rates alike. A seek gives the same frames as
// decoding everything.
//
// # Errors
//
// Every error about a file is an [Error]: which file, what is wrong, what to
// do. A video of which a part can be decoded gives that part; what was wrong
// is told at the end by [Reader.Damage].
package media
