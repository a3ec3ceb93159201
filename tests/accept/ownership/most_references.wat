;; 256 references at once, the most that may be
;; expect: OK
;; contract: block A { x: u8; }
(module
  (import "env" "choose" (func $choose (result i32)))
  (import "singula/A" "new" (func $new (result externref)))
  (func $four (result externref externref externref externref)
    call $new call $new call $new call $new)
  (func $sixteen (result externref externref externref externref externref externref externref
      externref externref externref externref externref externref externref externref externref)
    call $four call $four call $four call $four)
  (func $many (result externref externref externref externref externref externref externref
      externref externref externref externref externref externref externref externref externref
      externref externref externref externref externref externref externref externref externref
      externref externref externref externref externref externref externref externref externref
      externref externref externref externref externref externref externref externref externref
      externref externref externref externref externref externref externref externref externref
      externref externref externref externref externref externref externref externref externref
      externref externref externref)
    call $sixteen call $sixteen call $sixteen call $sixteen)
  (func (export "main")
    call $many call $many call $many
    call $sixteen call $sixteen call $sixteen
    call $four call $four call $four
    call $new call $new call $new
    (block (br_if 0 (call $choose)) unreachable)
    call $new
    (block (br_if 0 (call $choose)) unreachable)
    unreachable))
