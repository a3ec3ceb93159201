;; A helper frees its parameter in a loop that may not run
;; expect: OWN_SPLIT func=3 offset=0x84
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $drain (param $t externref) (param $n i32)
    (block $end
      (loop $again
        (br_if $end (i32.eqz (local.get $n)))
        (call $Text.free (local.get $t))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $again)))) ;; <- refused here
  (func (export "main")
    (call $drain (call $Text.new (i32.const 4)) (call $choose)))
)
