// SPDX-License-Identifier: AGPL-3.0-or-later

// Package access answers whose hands a copy was in: it reads the logs of any web server or content delivery network,
// finds the tag of each request, and adds the requests up to accesses, one for each client that fetched a copy.
//
// # The way of a line
//
// A [Format] cuts a line into a [Request]; [Rules] find the tag in it; a [Tally] adds it to the [Part] of its client.
// [Scan] does this with all cores over a stream of any length.
//
// # Union instead of count
//
// A [Part] is a union: the earliest time, the latest, the set of bytes or segments that were sent. Merging parts is
// commutative, associative and idempotent, so lines may come late, twice, in any order and in overlapping files, and
// nothing changes. Nothing here adds up what could be seen twice; even the number of requests is that of distinct ones
// (see [Sketch]).
//
// # Formats
//
// One file a format, and one table of all, [Formats]. Times are milliseconds since 1970 UTC throughout.
package access
