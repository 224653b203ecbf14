// SPDX-License-Identifier: AGPL-3.0-or-later

// Package geoip says where an IP address is registered and what kind of network it belongs to, by databases in the
// MaxMind DB format: one for countries that comes with the program, and those that the analyst adds.
//
// A [Set] asks all of them. What a database says is kept with the database's name and date, so that an answer can be
// reproduced; databases disagree, and all of them age. Addresses that belong to nobody in public (private, reserved,
// documentation) are [Reserved] and looked up nowhere.
package geoip
