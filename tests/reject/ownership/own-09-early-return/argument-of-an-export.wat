;; An exported function returns early if its argument is not zero
;; expect: OWN_LEAK func=3 offset=0x81
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func $run (export "run") (param $x i32) (local $a externref)
    (local.set $a (call $Text.new (i32.const 4)))
    (if (local.get $x) (then (return))) ;; <- refused here
    (call $Text.free (local.get $a)))
  (func (export "main")
    (call $run (call $choose)))
)
