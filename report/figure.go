// SPDX-License-Identifier: AGPL-3.0-or-later

package report

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	_ "image/png" // pictures are JPEG or PNG

	"codeberg.org/go-pdf/fpdf"
)

// figure draws something of a height and writes a numbered caption under it.
func (p *pages) figure(height float64, caption string, draw func(x, y float64)) {
	p.pictures++
	runs := []run{{fmt.Sprintf(p.words.FigureNo, p.pictures) + "  ", style{bold, 8, soft()}}, {caption, small()}}
	lines := p.faces.breakLines(runs, p.width)
	p.need(height + tall(lines) + 4)
	y := p.pdf.GetY() + 1
	draw(marginSide, y)
	y += height + 1
	y += p.putLines(lines, marginSide, y, p.width, left)
	p.pdf.SetY(y + 3)
}

// The largest picture that is taken as it is, in pixels each way.
const largestPicture = 4096

// picture draws a picture as large as fits, and returns the rectangle that it took. Without a picture, or with one that
// cannot be read, a frame says so: a report is not held up by a thumbnail.
func (p *pages) picture(content []byte, x, y, width, height float64, missing string) (px, py, pw, ph float64) {
	name, w, h := p.register(content)
	if name == "" {
		p.stroke(rule(), 0.2)
		p.fill(pale())
		p.pdf.Rect(x, y, width, height, "FD")
		lines := p.faces.breakLines([]run{{missing, small()}}, width-4)
		p.putLines(lines, x+2, y+(height-tall(lines))/2, width-4, centre)
		return x, y, width, height
	}
	scale := min(width/float64(w), height/float64(h))
	pw, ph = float64(w)*scale, float64(h)*scale
	px, py = x+(width-pw)/2, y+(height-ph)/2
	p.pdf.ImageOptions(name, px, py, pw, ph, false, fpdf.ImageOptions{ImageType: "JPG"}, 0, "")
	p.stroke(rule(), 0.2)
	p.pdf.Rect(px, py, pw, ph, "D")
	return px, py, pw, ph
}

// register hands a picture to the PDF library, as a JPEG that is known to be sound.
func (p *pages) register(content []byte) (name string, width, height int) {
	facts, kind, err := image.DecodeConfig(bytes.NewReader(content))
	if err != nil || facts.Width < 1 || facts.Height < 1 || facts.Width > largestPicture || facts.Height > largestPicture {
		return "", 0, 0
	}
	picture, _, err := image.Decode(bytes.NewReader(content))
	if err != nil {
		return "", 0, 0
	}
	if kind != "jpeg" || (facts.ColorModel != color.YCbCrModel && facts.ColorModel != color.GrayModel) {
		var b bytes.Buffer
		if err := jpeg.Encode(&b, picture, &jpeg.Options{Quality: 88}); err != nil {
			return "", 0, 0
		}
		content = b.Bytes()
	}
	name = digest(content)
	if p.pdf.GetImageInfo(name) == nil {
		info := p.pdf.RegisterImageOptionsReader(name, fpdf.ImageOptions{ImageType: "JPG"}, bytes.NewReader(content))
		if info == nil || inOrder(info, p.images) != nil {
			return "", 0, 0
		}
		p.images++
	}
	return name, facts.Width, facts.Height
}

// inOrder makes the library write pictures in the order they came: it sorts them by width and leaves those of the same
// width in the order of a map, which differs each time. A fraction of a pixel, which it drops when writing, decides.
func inOrder(info *fpdf.ImageInfoType, n int) error {
	raw, err := info.GobEncode()
	if err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	var width, height, scale, dpi float64
	var data, mask, palette []byte
	var object, bits int
	var space, filter, params string
	var transparent []int
	fields := []any{&data, &mask, &object, &width, &height, &space, &palette, &bits, &filter, &params, &transparent, &scale, &dpi}
	decoder := gob.NewDecoder(bytes.NewReader(raw))
	for _, field := range fields {
		if err := decoder.Decode(field); err != nil {
			return fmt.Errorf("picture: %w", err)
		}
	}
	width += float64(n%65536) / 65536
	var out bytes.Buffer
	encoder := gob.NewEncoder(&out)
	for _, field := range fields {
		if err := encoder.Encode(field); err != nil {
			return fmt.Errorf("picture: %w", err)
		}
	}
	return info.GobDecode(out.Bytes())
}

// tiny writes a short text into a figure.
func (p *pages) tiny(text string, x, y, width float64, a align, c rgb) {
	p.put([]run{{text, style{sans, 7, c}}}, x, y, width, a)
}

// chartGround draws the frame in which a chart stands.
func (p *pages) chartGround(x, y, w, h float64) {
	p.fill(rgb{250, 251, 253})
	p.pdf.Rect(x, y, w, h, "F")
	p.stroke(rule(), 0.2)
	p.pdf.Line(x, y+h, x+w, y+h)
}
