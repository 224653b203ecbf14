// SPDX-License-Identifier: AGPL-3.0-or-later

// Package job does long work through the queue of a home ([storage.Job]): asked for twice it is done once, it is shown to
// every program on the home while it runs, it can be paused, cancelled and tried again, and what a program that died left
// behind is taken up by the next one, at once. The work itself goes on where it stopped by its own checkpoints.
//
//	job.Do          asks for work and does it here, or waits for whoever is at it: what a command does
//	Queue.Work      does whatever waits, until it is stopped: what a server and the window do
//	Queue.WorkOff   does whatever waits, until nothing does
//
// What is done is named by its kind. [New] knows those of the engine; [Queue.Handle] adds those of the rooms above it.
package job
