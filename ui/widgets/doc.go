// SPDX-License-Identifier: AGPL-3.0-or-later

// Package widgets holds Spoor's own widgets, one in each file. They show what they are given and tell what was done to
// them; they know no engine and no words of their own.
package widgets
