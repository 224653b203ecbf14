// SPDX-License-Identifier: AGPL-3.0-or-later

package widgets

import (
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
)

// Table is a table of text with a line of headings. Its last row is reached however long it is, Home, End, Page Up and Page
// Down go through it, and it tells when somebody makes a column wider.
type Table struct {
	widget.Table
	// OnWidths is told the widths of all columns whenever one has changed. It may be nil.
	OnWidths func([]float32)
	// OnKey gets the keys that mean something outside of the table: Delete, Escape and F5. It may be nil.
	OnKey func(*fyne.KeyEvent)

	widths []float32
}

// TablePlan says what a [Table] shows. Head and cell make objects that are used again for other columns and rows.
type TablePlan struct {
	Widths     []float32
	Rows       func() int
	Cell       func() fyne.CanvasObject
	UpdateCell func(row, column int, cell fyne.CanvasObject)
	Head       func() fyne.CanvasObject
	UpdateHead func(column int, head fyne.CanvasObject)
}

// NewTable makes a table.
func NewTable(p *TablePlan) *Table {
	t := &Table{widths: make([]float32, len(p.Widths))}
	t.Length = func() (rows, columns int) {
		if t.Size().Height > 0 { // before it has a size, Fyne takes all rows for visible and draws lines between them
			rows = p.Rows()
		}
		return rows, len(p.Widths)
	}
	t.CreateCell = func() fyne.CanvasObject { return newTableCell(p.Cell()) }
	t.UpdateCell = func(id widget.TableCellID, o fyne.CanvasObject) {
		if c, ok := o.(*tableCell); ok {
			p.UpdateCell(id.Row, id.Col, c.content)
		}
	}
	t.ShowHeaderRow, t.CreateHeader = true, p.Head
	t.UpdateHeader = func(id widget.TableCellID, o fyne.CanvasObject) {
		if id.Col >= 0 && id.Col < len(t.widths) {
			p.UpdateHead(id.Col, o)
			t.noteWidth(id.Col, o.Size().Width)
		}
	}
	for i, width := range p.Widths {
		t.widths[i] = width
		t.SetColumnWidth(i, width)
	}
	t.ExtendBaseWidget(t)
	return t
}

// noteWidth takes down how wide a column is: Fyne tells nobody, but draws its heading as wide.
func (t *Table) noteWidth(column int, width float32) {
	if width <= 0 || t.widths[column] == width {
		return
	}
	t.widths[column] = width
	if t.OnWidths != nil {
		t.OnWidths(t.widths)
	}
}

// TypedKey is for Fyne.
func (t *Table) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyHome:
		t.goTo(0)
	case fyne.KeyEnd:
		rows, _ := t.Length()
		t.goTo(rows - 1)
	case fyne.KeyPageDown:
		t.page(fyne.KeyDown)
	case fyne.KeyPageUp:
		t.page(fyne.KeyUp)
	case fyne.KeyDelete, fyne.KeyEscape, fyne.KeyF5:
		if t.OnKey != nil {
			t.OnKey(e)
		}
	default:
		t.Table.TypedKey(e)
	}
}

// goTo goes to the first row or the last one.
func (t *Table) goTo(row int) {
	if row < 0 {
		return
	}
	t.Highlight(widget.TableCellID{Row: row})
	// Fyne counts the headings among the rows here, and so shows too little; it keeps to what there is where it is sent beyond.
	t.ScrollToOffset(fyne.NewPos(0, float32(row)*t.pitch()))
}

// pitch is how far rows are apart.
func (t *Table) pitch() float32 {
	return t.CreateCell().MinSize().Height + t.Theme().Size(theme.SizeNamePadding)
}

// page goes on by as many rows as can be seen.
func (t *Table) page(arrow fyne.KeyName) {
	rows := int(t.Size().Height / t.pitch())
	for range max(rows-1, 1) {
		t.Table.TypedKey(&fyne.KeyEvent{Name: arrow})
	}
}

// tableCell is a cell that is a little higher than what it shows, such that a row with the gap under it is a multiple of rowStep
// high.
type tableCell struct {
	widget.BaseWidget
	content fyne.CanvasObject
}

// rowStep is what heights of rows are multiples of. Fyne adds heights up in single precision, which is exact for multiples of
// four up to 2^26: for more than a million rows. With any other height the last rows of 100,000 are missed by whole rows.
const rowStep = 4

func newTableCell(content fyne.CanvasObject) *tableCell {
	c := &tableCell{content: content}
	c.ExtendBaseWidget(c)
	return c
}

// MinSize is for Fyne.
func (c *tableCell) MinSize() fyne.Size {
	c.ExtendBaseWidget(c)
	size, gap := c.content.MinSize(), c.Theme().Size(theme.SizeNamePadding)
	size.Height = float32(math.Ceil(float64(size.Height+gap)/rowStep))*rowStep - gap
	return size
}

// CreateRenderer is for Fyne.
func (c *tableCell) CreateRenderer() fyne.WidgetRenderer { return widget.NewSimpleRenderer(c.content) }
