// SPDX-License-Identifier: AGPL-3.0-or-later

package access

import "time"

// The years that a log may speak of, in milliseconds. Others are mistakes: a clock that was not set, or a forgery.
const (
	earliest = 631152000000  // 1990-01-01
	latest   = 4102444800000 // 2100-01-01
)

func checkTime(ms int64) error {
	if ms < earliest || ms >= latest {
		return OddTime
	}
	return nil
}

// twoDigits reads two digits, -1 where they are none.
func twoDigits(b []byte) int {
	x, y := b[0]-'0', b[1]-'0'
	if x > 9 || y > 9 {
		return -1
	}
	return int(x)*10 + int(y)
}

// dayNumber is the number of days from 1970-01-01 to a date of the Gregorian calendar (H. S. Warren's form of Zeller's
// congruence; the year begins in March).
func dayNumber(year, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	return int64(365*year+year/4-year/100+year/400+(153*(month-3)+2)/5+day) - 719469
}

// daysIn returns how many days a month has.
func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// moment puts a time together. A second 60, of a leap second, is the one after.
func moment(year, month, day, hour, minute, second int, offset int64) (int64, error) {
	if month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour < 0 || hour > 23 ||
		minute < 0 || minute > 59 || second < 0 || second > 60 {
		return 0, BadTime
	}
	ms := ((dayNumber(year, month, day)*24+int64(hour))*60+int64(minute))*60000 + int64(second)*1000 - offset
	return ms, checkTime(ms)
}

func year(b []byte) int {
	century, rest := twoDigits(b), twoDigits(b[2:])
	if century < 0 || rest < 0 {
		return -1
	}
	return century*100 + rest
}

// commonTime reads 01/Mar/2026:19:15:24 +0100.
func commonTime(b []byte) (int64, error) {
	if len(b) < 20 || b[2] != '/' || b[6] != '/' || b[11] != ':' || b[14] != ':' || b[17] != ':' {
		return 0, BadTime
	}
	y := year(b[7:11])
	if y < 0 {
		return 0, BadTime
	}
	var offset int64
	if len(b) > 20 {
		var ok bool
		if offset, ok = zone(b[20:]); !ok {
			return 0, BadTime
		}
	}
	return moment(y, month(b[3:6]), twoDigits(b), twoDigits(b[12:]), twoDigits(b[15:]), twoDigits(b[18:]), offset)
}

// month reads the English abbreviation of a month; 0 where it is none.
func month(b []byte) int {
	switch string(b) {
	case "Jan":
		return 1
	case "Feb":
		return 2
	case "Mar":
		return 3
	case "Apr":
		return 4
	case "May":
		return 5
	case "Jun":
		return 6
	case "Jul":
		return 7
	case "Aug":
		return 8
	case "Sep":
		return 9
	case "Oct":
		return 10
	case "Nov":
		return 11
	case "Dec":
		return 12
	}
	return 0
}

// zone reads Z, +0100 or +01:00, with a blank before it or none, in milliseconds east of UTC.
func zone(b []byte) (int64, bool) {
	if len(b) > 0 && b[0] == ' ' {
		b = b[1:]
	}
	if len(b) == 1 && (b[0] == 'Z' || b[0] == 'z') {
		return 0, true
	}
	if (len(b) != 5 && len(b) != 6) || (b[0] != '+' && b[0] != '-') || (len(b) == 6 && b[3] != ':') {
		return 0, false
	}
	hours, minutes := twoDigits(b[1:]), twoDigits(b[len(b)-2:])
	if hours < 0 || hours > 14 || minutes < 0 || minutes > 59 {
		return 0, false
	}
	offset := int64(hours*60+minutes) * 60000
	if b[0] == '-' {
		offset = -offset
	}
	return offset, true
}

// isoTime reads 2026-03-01 18:01:54, with a T or a blank between, with or without fraction and zone; without a zone it
// is UTC.
func isoTime(b []byte) (int64, error) {
	if len(b) < 19 || b[4] != '-' || b[7] != '-' || (b[10] != 'T' && b[10] != ' ' && b[10] != 't') || b[13] != ':' || b[16] != ':' {
		return 0, BadTime
	}
	ms, err := isoDay(b[:10], b[11:19])
	if err != nil {
		return 0, err
	}
	rest := b[19:]
	thousandths, n, ok := fraction(rest)
	if !ok {
		return 0, BadTime
	}
	if rest = rest[n:]; len(rest) == 0 {
		return ms + thousandths, nil
	}
	offset, ok := zone(rest)
	if !ok {
		return 0, BadTime
	}
	ms += thousandths - offset
	return ms, checkTime(ms)
}

// isoDay reads 2026-03-01 and 18:01:54 as UTC.
func isoDay(date, clock []byte) (int64, error) {
	if len(date) != 10 || date[4] != '-' || date[7] != '-' || len(clock) < 8 || clock[2] != ':' || clock[5] != ':' {
		return 0, BadTime
	}
	y := year(date)
	if y < 0 {
		return 0, BadTime
	}
	ms, err := moment(y, twoDigits(date[5:]), twoDigits(date[8:]), twoDigits(clock), twoDigits(clock[3:]), twoDigits(clock[6:]), 0)
	if err != nil {
		return 0, err
	}
	thousandths, n, ok := fraction(clock[8:])
	if !ok || n != len(clock)-8 {
		return 0, BadTime
	}
	return ms + thousandths, nil
}

// fraction reads .123456 as thousandths and says how many bytes it took.
func fraction(b []byte) (ms int64, n int, ok bool) {
	if len(b) == 0 || (b[0] != '.' && b[0] != ',') {
		return 0, 0, true
	}
	scale := int64(100)
	for n = 1; n < len(b) && b[n]-'0' <= 9; n++ {
		ms += int64(b[n]-'0') * scale
		scale /= 10
	}
	return ms, n, n > 1
}

// unixTime reads a number of seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by their size,
// with or without a fraction.
func unixTime(b []byte) (int64, error) {
	whole := 0
	for whole < len(b) && b[whole]-'0' <= 9 {
		whole++
	}
	thousandths, used, ok := fraction(b[whole:])
	if !ok || whole+used != len(b) || whole > 19 {
		return 0, BadTime
	}
	digits := whole
	switch { // down to milliseconds
	case whole > 16:
		digits -= 6
	case whole > 14:
		digits -= 3
	}
	n, err := number(b[:digits])
	if err != nil {
		return 0, BadTime
	}
	if whole <= 11 {
		n = n*1000 + thousandths
	}
	return n, checkTime(n)
}

// anyTime reads a time in whatever form it is written.
func anyTime(b []byte) (int64, error) {
	switch {
	case len(b) == 0:
		return 0, BadTime
	case len(b) > 5 && b[4] == '-':
		return isoTime(b)
	case len(b) > 20 && b[2] == '/':
		return commonTime(b)
	case len(b) > 21 && b[0] == '[' && b[len(b)-1] == ']':
		return commonTime(b[1 : len(b)-1])
	case b[0]-'0' <= 9:
		if ms, err := unixTime(b); err != BadTime { //nolint:errorlint // it is that very value
			return ms, err
		}
	}
	if len(b) > 64 {
		return 0, BadTime
	}
	for _, layout := range []string{time.RFC1123, time.RFC1123Z, time.RFC850, time.ANSIC, time.UnixDate} {
		if t, err := time.Parse(layout, string(b)); err == nil {
			ms := t.UnixMilli()
			return ms, checkTime(ms)
		}
	}
	return 0, BadTime
}

// number reads a whole number from 0 up.
func number(b []byte) (int64, error) {
	if len(b) == 0 || len(b) > 18 {
		return 0, BadNumber
	}
	var n int64
	for _, c := range b {
		if c -= '0'; c > 9 {
			return 0, BadNumber
		}
		n = n*10 + int64(c)
	}
	return n, nil
}

// numberOrNone reads a number; "-" and nothing are -1.
func numberOrNone(b []byte) (int64, error) {
	if len(b) == 0 || (len(b) == 1 && b[0] == '-') {
		return -1, nil
	}
	return number(b)
}
