// SPDX-License-Identifier: AGPL-3.0-or-later

// Package desk holds what the window shows and does, without the window: the work that is running, lists that are read
// page by page, and what a person reads about an exhibit. It is plain Go and knows nothing of widgets; a view asks it
// what to show and is told when to ask again.
//
// Every type may be used by any goroutine. The functions that are called on a change run on whatever goroutine made it:
// the window moves them onto its own.
package desk
