// SPDX-License-Identifier: AGPL-3.0-or-later

// Package etsi reads what A/B watermarking after ETSI TS 104 002 (V1.1.1, 2023-08) leaves behind: tokens that say which
// pattern of variants a session was given, sidecars that say which segment carries which position of the pattern, and
// wmpi boxes in segments. Clause numbers in this package are those of that specification.
package etsi
