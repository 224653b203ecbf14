// SPDX-License-Identifier: AGPL-3.0-or-later

// Package wire is the language of the backtraces API, said once: the objects
// with their keys in the documented order, how they are written as JSON and as
// XML, and how what others wrote is read.
//
// An object such as [Backtrace] turns into an ordered [Object], in which
// references to other objects are [Ref]. [Expand] replaces references by what
// they point to, and [Format.Write] prints a [Document]. Reading goes the other
// way: [ParseJSON] and [ParseXML] make a bounded [Tree] of any bytes, and the
// Read functions take from it what they know and skip the rest.
//
// Times are milliseconds since 1970, ids 24 lower-case hex digits. An empty text
// and a zero time stand for "no value".
package wire
