// SPDX-License-Identifier: AGPL-3.0-or-later

package engine

import (
	"fmt"
	"slices"
)

// Remark is something that was done or that the reader of a result must know: a code with its figures and names, so that
// it can be said in any language, and the words for it in English.
type Remark struct {
	Code  string   `json:"code"`
	Args  []string `json:"args,omitempty"`
	Words string   `json:"words"`
}

// The codes of remarks, and what their arguments are.
const (
	TriedInformed = "tried-informed" // stretches read, of how many, seconds of one
	TriedExact    = "tried-exact"
	TriedTitles   = "tried-titles"  // frames looked up, among how many titles
	TriedNearest  = "tried-nearest" // the same, the nearest title not shown, places that agree, log10 of their probability, what counts
	TriedWhole    = "tried-whole"   // the same as of TriedInformed
	TriedTurned   = "tried-turned"  // the same
	TriedFilmed   = "tried-filmed"  // the same

	NeededBetterCopy = "needed-better-copy"
	NeededFootage    = "needed-footage" // times as much, the best score, the score that names a tag

	ControlsNotRun     = "controls-not-run"
	ControlNamed       = "control-named"        // the control
	ReferenceUnusable  = "reference-unusable"   // the title, the reason
	OriginalUnreadable = "original-unreadable"  // the same
	PicturesTooSmall   = "pictures-too-small"   // how many
	PicturesOfDocument = "pictures-of-document" // traced, of how many
	SegmentsMissing    = "segments-missing"     // how many, the first
	StreamNote         = "stream-note"          // what was left out of a stream, in words
)

// english are the words of remarks, with places for their arguments.
func english(code string) string {
	switch code {
	case TriedInformed:
		return "compared with the originals, in %s of %s stretches of %s seconds"
	case TriedExact:
		return "compared frame by frame with the file of the original"
	case TriedTitles:
		return "the pictures of %s frames, looked up among %s titles: nothing agrees with any other title"
	case TriedNearest:
		return "the pictures of %s frames, looked up among %s titles: of those not shown the nearest is %s, with %s places that agree " +
			"(log10 of the probability %s, where %s counts)"
	case TriedWhole:
		return "the whole picture, in %s of %s stretches of %s seconds"
	case TriedTurned:
		return "turned, mirrored, scaled and cropped pictures, in %s of %s stretches of %s seconds"
	case TriedFilmed:
		return "pictures filmed at an angle, and mirrored crops, in %s of %s stretches of %s seconds"
	case NeededBetterCopy:
		return "no tag stands out from chance yet, so a better copy (larger, less compressed, filmed more steadily) " +
			"helps more than a longer one"
	case NeededFootage:
		return "about %s times as much footage as this, equally good and of other minutes, would settle it " +
			"(the best score is %s, and %s names a tag)"
	case ControlsNotRun:
		return "the controls were not run, because the trace was stopped and went on; trace again for them"
	case ControlNamed:
		return "a control named somebody that it must not (%s): the findings were taken back; please report this"
	case ReferenceUnusable:
		return "the reference of %s cannot be used: %s"
	case OriginalUnreadable:
		return "the original of %s could not be read, its reference was used alone: %s"
	case PicturesTooSmall:
		return "%s pictures of less than 64 samples a side were left out"
	case PicturesOfDocument:
		return "%s of the %s pictures and pages that the document was taken apart into"
	case SegmentsMissing:
		return "missing segments: %s; the first is %s"
	case StreamNote:
		return "%s"
	}
	return code
}

// remark says something by its code.
func remark(code string, args ...any) Remark {
	r := Remark{Code: code}
	words := make([]any, len(args))
	for i, arg := range args {
		text := fmt.Sprint(arg)
		r.Args, words[i] = append(r.Args, text), text
	}
	r.Words = fmt.Sprintf(english(code), words...)
	return r
}

// note adds something that the reader of the result should know, once.
func (t *trace) note(code string, args ...any) {
	r := remark(code, args...)
	if !slices.Contains(t.result.Notes, r.Words) {
		t.result.Notes = append(t.result.Notes, r.Words)
		t.remarks = append(t.remarks, r)
	}
}
