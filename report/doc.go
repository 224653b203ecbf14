// SPDX-License-Identifier: AGPL-3.0-or-later

// Package report turns the results of a case into documents that leave the program: for a judge (PDF), for a system
// (JSON, XML), for another forensic tool (CASE/UCO JSON-LD), for a table (CSV of accesses), and for the other side, who
// wants to recompute every score (a package of evidence vectors and codewords).
//
// A [Report] is the one model that all of them are written from. It is plain data, filled by whoever knows the case;
// what is nil was not recorded or not done, and the document says so. [Report.For] makes of it what the reader of a kind
// may see, before any format is written: a takedown notice names no recipient whatever its format is.
//
// Every writer streams: accesses are read row by row, and a document of a hundred thousand of them takes as much memory
// as one of a hundred. The same report gives the same bytes, apart from the time in Report.Made.
package report
