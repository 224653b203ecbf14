// SPDX-License-Identifier: AGPL-3.0-or-later

// Package ui is the window of Spoor: places at the left, what they hold at the right, and the work that goes on at the
// bottom. It shows what package engine knows and starts what package engine does; it holds no state of its own that
// matters, so closing it loses nothing.
//
// # How a view is made
//
// A view is a struct with its widgets, in a file of its own. It is built once, asks the engine for what it shows on
// another goroutine ([Window.background]), and changes widgets on the window's goroutine only: what comes from elsewhere passes
// through [onWindow]. View models that know no widgets are in ui/desk, widgets that know no engine in ui/widgets,
// colours and sizes in ui/look. Texts are English in the code and translated by the files of ui/translation.
package ui
