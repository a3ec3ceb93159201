;; A helper leaks each time, called from a loop
;; expect: OWN_LEAK func=2 offset=0x68
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (memory 1)
  (func $make (param $n i32)
    (drop (call $Text.bytes.len (call $Text.new (local.get $n))))) ;; <- refused here
  (func (export "main") (local $i i32)
    (loop $again
      (call $make (local.get $i))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3)))))
)
