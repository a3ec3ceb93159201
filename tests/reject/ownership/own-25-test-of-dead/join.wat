;; Freed on one path and null on the other; the test after them says which, as the program believes
;; expect: OWN_USE_AFTER_FREE func=4 offset=0xa5
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "singula/Text" "bytes.len" (func $Text.bytes.len (param externref) (result i32)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $t externref) (local $freed i32)
    (if (call $choose)
      (then
        (local.set $t (call $Text.new (i32.const 4)))
        (call $Text.free (local.get $t))
      ))
    (if (i32.eqz (ref.is_null (local.get $t)))
      (then (i32.store (i32.const 0) (call $Text.bytes.len (local.get $t))))) ;; <- refused here
  )
)
