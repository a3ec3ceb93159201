;; A recursive helper frees at the bottom, but one of its paths never gets there
;; expect: OWN_LEAK func=3 offset=0x7f
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $down (param $t externref) (param $n i32)
    (if (i32.eqz (local.get $n))
      (then (call $Text.free (local.get $t)) (return)))
    (if (call $choose)
      (then
        (return))) ;; <- refused here
    (call $down (local.get $t) (i32.sub (local.get $n) (i32.const 1))))
  (func (export "main")
    (call $down (call $Text.new (i32.const 4)) (i32.const 3)))
)
