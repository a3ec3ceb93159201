;; A state is copied when it has all but one of the 256 references that it may have; then two are made
;; monitor: - as many as a SIP may have are no mistake
;; expect: LIM_ANALYSIS func=5 offset=0xec
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
    call $new
    (block (br_if 0 (call $choose)) unreachable)
    unreachable))
