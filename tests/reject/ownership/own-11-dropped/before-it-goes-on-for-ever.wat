;; Nobody has the block any more that a callee has read; then the program goes on for ever
;; expect: OWN_LEAK func=4 offset=0x78
;; monitor: - the program does not end
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (memory 1)
  (func $read (param $t externref) (result i32)
    (call $Text.bytes.len (local.get $t)))
  (func $for_ever (param $t externref)
    (loop (br 0)))
  (func (export "main")
    (drop (call $read (call $Text.new (i32.const 4)))) ;; <- refused here
    (call $for_ever (ref.null extern)))
)
