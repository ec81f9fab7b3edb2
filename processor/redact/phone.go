package redact

import "strings"

// phone finds a number of North America whose digits begin at i: 415-555-2671, with - or . between, or ten digits
// in one piece, or three groups with spaces; these last two only when such a number can exist.
func phone(s string, i, n int, m *match) bool {
	if n == 3 && i+12 <= len(s) && s[i+3] == ' ' && s[i+7] == ' ' {
		return spacedPhone(s, i, m)
	}
	end, seps, dots := i, 0, 0
	for part, size := range [3]int{3, 3, 4} {
		if part > 0 && end < len(s) && (s[end] == '-' || s[end] == '.') {
			if s[end] == '.' {
				dots++
			}
			seps++
			end++
		}
		if !allDigits(s, end, size) {
			return false
		}
		end += size
	}
	if end < len(s) && isWordByte(s[end]) || tiedRight(s, end) || tiedLeft(s, i) && !behindCountry(s, i) {
		return false
	}
	if seps == 1 && (dots == 1 || !canExist(s[i:i+3]) || !isExchange(s, i+3)) {
		return false // a decimal
	}
	if seps == 0 && !barePhone(s, i) {
		return false
	}
	return m.whole(detPhone, i, end)
}

func allDigits(s string, i, n int) bool { return len(s)-i >= n && digitsEnd(s[:i+n], i) == i+n }

func isExchange(s string, i int) bool {
	if i < len(s) && (s[i] == '-' || s[i] == '.') {
		i++
	}
	return s[i] >= '2'
}

// behindCountry reports whether what stands before i is a country code: 1- or +44-.
func behindCountry(s string, i int) bool {
	k := i - 1
	for k > 0 && isDigit(s[k-1]) {
		k--
	}
	if n := i - 1 - k; n > 3 {
		return false
	}
	return k > 0 && s[k-1] == '+' || s[k:i-1] == "1" && (k == 0 || !isWordByte(s[k-1]) && s[k-1] != '.' && s[k-1] != '-')
}

// canExist reports whether an area code is in use in North America (NANPA, 2026).
func canExist(area string) bool {
	const bytesOfArea = 4
	for k := 0; k < len(areaCodes); k += bytesOfArea {
		if areaCodes[k:k+3] == area {
			return true
		}
	}
	return false
}

const areaCodes = "201 202 203 204 205 206 207 208 209 210 212 213 214 215 216 217 218 219 220 223 224 225 226 227 228 229 231 234 235 236 239 240 " +
	"242 246 248 249 250 251 252 253 254 256 257 260 262 263 264 267 268 269 270 272 274 276 279 281 283 284 289 301 302 303 304 305 306 307 308 309 310 " +
	"312 313 314 315 316 317 318 319 320 321 323 324 325 326 327 329 330 331 332 334 336 337 339 340 341 343 345 346 347 350 351 352 353 354 360 361 363 364 365 367 368 " +
	"369 380 382 385 386 401 402 403 404 405 406 407 408 409 410 412 413 414 415 416 417 418 419 423 424 425 428 430 431 432 434 435 436 437 438 440 " +
	"441 442 443 445 447 448 450 456 457 458 463 464 468 469 470 471 472 473 474 475 478 479 480 483 484 501 502 503 504 505 506 507 508 509 510 512 513 514 515 516 517 " +
	"518 519 520 530 531 534 539 540 541 548 551 557 559 561 562 563 564 567 570 571 572 573 574 575 579 580 581 582 584 585 586 587 601 602 603 604 605 606 " +
	"607 608 609 610 612 613 614 615 616 617 618 619 620 623 624 626 628 629 630 631 636 639 640 641 645 646 647 649 650 651 656 657 658 659 660 661 662 664 667 669 670 671 672 " +
	"678 679 680 681 682 683 684 686 689 701 702 703 704 705 706 707 708 709 712 713 714 715 716 717 718 719 720 721 724 725 726 727 728 729 730 731 732 734 737 738 740 742 743 " +
	"747 748 753 754 757 758 760 762 763 765 767 769 770 771 772 773 774 775 778 779 780 781 782 784 785 786 787 801 802 803 804 805 806 807 808 809 810 812 " +
	"813 814 815 816 817 818 819 820 821 825 826 828 829 830 831 832 835 837 838 839 840 843 845 847 848 849 850 854 856 857 858 859 860 861 862 863 864 865 867 868 869 870 872 " +
	"873 876 878 879 900 901 902 903 904 905 906 907 908 909 910 912 913 914 915 916 917 918 919 920 925 928 929 930 931 934 936 937 938 939 940 941 942 943 945 947 948 949 951 952 " +
	"954 956 959 970 971 972 973 975 978 979 980 983 984 985 986 989 "

// barePhone decides on ten digits in one piece, which may be any number: the area must be in use, what stands before
// must not name something else (bytes=, "ts":), and it must be no round number of bytes.
func barePhone(s string, i int) bool {
	named := phoneName(s, i)
	if named == isPhone {
		return true
	}
	if area := s[i : i+3]; named == isOther || area != "555" && (s[i+3] < '2' || !canExist(area)) { // 555 is that of examples
		return false
	}
	v := 0
	for k := i; k < i+10; k++ {
		v = v*10 + int(s[k]-'0')
	}
	return (v+1)%(1<<16) > 1 && v%1_000_000 != 0 && !isCounted(s[i+10:]) && !isField(s, i, i+10)
}

// isField reports whether a number begins a line of fields with commas, quoted or not: there it is an id more likely.
func isField(s string, i, end int) bool {
	if i > 0 && s[i-1] == '"' && end < len(s) && s[end] == '"' {
		end++
	}
	return end+1 < len(s) && s[end] == ',' && s[end+1] > ' '
}

// isCounted reports whether what follows a number says what it counts.
func isCounted(rest string) bool {
	rest, ok := strings.CutPrefix(rest, " ")
	if !ok {
		return false
	}
	end := 0
	for end < len(rest) && isASCIIWord(rest[end]) {
		end++
	}
	switch strings.ToLower(rest[:end]) {
	case "b", "kb", "kib", "mb", "mib", "bytes", "byte", "octets", "ns", "us", "ms", "s", "sec", "seconds", "rows", "records", "items", "events", "messages", "times", "lines", "ticks",
		"cycles", "blocks", "packets", "files", "objects", "keys", "entries", "requests", "users", "docs", "documents", "points", "samples", "iterations", "ops":
		return true
	}
	return false
}

// phoneNamed says what the name before a number is.
type phoneNamed uint8

const (
	isUnnamed phoneNamed = iota
	isPhone
	isOther
)

// phoneName looks at what stands before i: phone=, "tel": and "call " name phones; id=, $, order and [ do not.
func phoneName(s string, i int) phoneNamed {
	k := i
	for k > 0 && (s[k-1] == ' ' || s[k-1] == '"' || s[k-1] == '\'') {
		k--
	}
	if k == 0 {
		return isUnnamed
	}
	switch c := s[k-1]; {
	case c == '=' || c == ':':
		for k--; k > 0 && (s[k-1] == ' ' || s[k-1] == '"' || s[k-1] == '\''); {
			k--
		}
		if endsInPhone(s[max(k-16, 0):k]) {
			return isPhone
		}
		return isOther
	case strings.IndexByte("/#$?&[({_", c) >= 0:
		return isOther
	case c == ',' || c == ';' || c == '-':
		if k == i || k < 2 || isDigit(s[k-2]) || s[k-2] == '\'' || s[k-2] == '"' { // in a list, or tied
			return isOther
		}
		return isUnnamed
	case k == i: // a word that ends in the quote of "415…
		return isUnnamed
	}
	first := k
	for first > 0 && k-first < 16 && isASCIIWord(s[first-1]) {
		first--
	}
	switch word := s[first:k]; {
	case endsInPhone(word):
		return isPhone
	case countedWords[strings.ToLower(word)]:
		return isOther
	}
	return isUnnamed
}

func endsInPhone(name string) bool {
	low := strings.ToLower(name)
	for _, w := range []string{"phone", "mobile", "tel", "cell", "fax", "call", "sms", "msisdn", "contact", "caller", "whatsapp", "called", "dialed", "phone_number", "phonenumber", "phone-number"} {
		if strings.HasSuffix(low, w) {
			return true
		}
	}
	return false
}

// countedWords stand before numbers of things: order 4155552671.
var countedWords = map[string]bool{
	"order": true, "id": true, "ids": true, "user": true, "account": true, "invoice": true, "ticket": true, "request": true, "job": true, "task": true, "item": true,
	"product": true, "sku": true, "block": true, "offset": true, "seq": true, "sequence": true, "line": true, "row": true, "record": true, "message": true, "event": true,
	"transaction": true, "tx": true, "txn": true, "payment": true, "batch": true, "page": true, "size": true, "length": true, "count": true, "total": true, "took": true, "at": true,
	"epoch": true, "timestamp": true, "time": true, "ts": true, "pid": true, "tid": true, "thread": true, "port": true, "uid": true, "gid": true, "inode": true, "device": true, "session": true,
	"build": true, "version": true, "serial": true, "tracking": true, "part": true, "case": true, "run": true, "object": true, "entity": true, "key": true, "hash": true, "position": true,
	"bytes": true, "byte": true, "shipment": true, "reservation": true, "booking": true, "article": true, "limit": true, "after": true, "since": true, "until": true, "generation": true,
	"revision": true, "index": true, "height": true, "nonce": true, "slot": true, "lsn": true, "xid": true, "and": true, "or": true, "between": true, "read": true, "wrote": true, "sent": true,
	"received": true, "processed": true, "checksum": true, "crc": true, "code": true, "customer": true, "post": true, "comment": true, "node": true, "cursor": true, "of": true, "is": true, "value": true,
}

// spacedPhone is 415 555 2671.
func spacedPhone(s string, i int, m *match) bool {
	if !allDigits(s, i+4, 3) || !allDigits(s, i+8, 4) || i+12 < len(s) && isWordByte(s[i+12]) || tiedRight(s, i+12) {
		return false
	}
	if tiedLeft(s, i) || i >= 2 && s[i-1] == ' ' && isDigit(s[i-2]) || i+13 < len(s) && s[i+12] == ' ' && isDigit(s[i+13]) {
		return false // one of many numbers
	}
	return canExist(s[i:i+3]) && s[i+4] >= '2' && m.whole(detPhone, i, i+12)
}

// parenPhone is (415) 555-2671.
func parenPhone(s string, i int, m *match) bool {
	if !allDigits(s, i+1, 3) || len(s) < i+5 || s[i+4] != ')' || i > 0 && isWordByte(s[i-1]) {
		return false
	}
	k := i + 5
	if k < len(s) && (s[k] == ' ' || s[k] == '-') {
		k++
	}
	if !allDigits(s, k, 3) {
		return false
	}
	k += 3
	if k < len(s) && strings.IndexByte(" -.", s[k]) >= 0 {
		k++
	}
	if !allDigits(s, k, 4) || k+4 < len(s) && isWordByte(s[k+4]) {
		return false
	}
	return m.whole(detPhone, i, k+4)
}

// plusPhone finds an international number (ITU-T E.164) at a +: nine to fifteen digits, in one piece or in groups.
// What stands for it leaves a country code that is set apart.
func plusPhone(s string, i int, m *match) bool {
	if i+1 >= len(s) || !isDigit(s[i+1]) || s[i+1] == '0' || i > 0 && (isWordByte(s[i-1]) || s[i-1] == ')') {
		return false
	}
	digits, groups, dots, between, at := 0, 0, 0, 0, i+1
	first := digitsEnd(s, at)
	end := at
	for at < len(s) {
		e := digitsEnd(s, at)
		if e == at || groups > 0 && e-at > 8 {
			break
		}
		digits += e - at
		dots += between
		groups++
		between = 0
		end, at = e, e
		open := false
		for k := 0; k < 2 && at < len(s) && strings.IndexByte(" -.()", s[at]) >= 0 && !(open && s[at] != '('); k++ {
			if s[at] == '.' {
				between++
			}
			open = s[at] == ' ' || s[at] == '-'
			at++
		}
		if at == e {
			break
		}
	}
	if end < len(s) && isWordByte(s[end]) || tiedRight(s, end) || digits < 9 || digits > 15 || dots > 0 && groups < 3 {
		return false
	}
	if groups == 1 {
		return m.whole(detPhone, i, end)
	}
	if first-i-1 > 3 {
		return false
	}
	start := first
	for start < end && !isDigit(s[start]) && s[start] != '(' {
		start++
	}
	return m.whole(detPhone, start, end)
}
