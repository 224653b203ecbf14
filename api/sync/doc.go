// SPDX-License-Identifier: AGPL-3.0-or-later

// Package sync keeps a home and a server together, though they meet rarely and
// the line between them breaks.
//
// [Mirror] copies what a server has into the store, where it can be read and searched
// and is never changed. [Push] sends what was found here. [Submit] has the server trace a leak. Each can be
// stopped at any moment and begun again: what has been done is found done, and
// nothing is done twice.
//
// Nothing is merged by silence: where both sides changed a result both are kept
// and shown, until somebody decides ([Resolve]).
package sync
