// SPDX-License-Identifier: AGPL-3.0-or-later

// Package client speaks the backtraces API to a server, ours or the original
// service. It gets tokens by itself and renews them on 401 and 403, tries again
// what may be tried again (with growing pauses and jitter, heeding
// Retry-After), knows both paths under which backtraces are served, and reads both documented
// generations: texts or integers, 200 or 201, missing keys.
//
// Errors that the server answered are [*wire.Error]; all others mean that it
// could not be reached or did not speak the API.
package client
