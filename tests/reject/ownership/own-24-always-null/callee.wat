;; Null is passed to a helper that does not test
;; expect: OWN_NULL func=1 offset=0x4a
;; monitor: MON_NULL
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (memory 1)
  (func $length (param $t externref) (result i32)
    (call $Text.bytes.len (local.get $t))) ;; <- refused here
  (func (export "main")
    (i32.store (i32.const 0) (call $length (ref.null extern))))
)
