;; What was not tested is put into a field
;; expect: OWN_MAYBE_NULL func=4 offset=0x9f
;; monitor: MON_NULL
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: block Line { no: i32; text: Text; next: Line; }
(module
  (import "singula/Line" "new" (func $Line.new (result externref)))
  (import "singula/Text" "alloc" (func $Text.alloc (param i32) (result externref)))
  (import "singula/Line" "text.put" (func $Line.text.put (param externref externref)))
  (import "singula/Line" "free" (func $Line.free (param externref)))
  (memory 1)
  (func (export "main") (local $l externref) (local $a externref)
    (local.set $l (call $Line.new))
    (local.set $a (call $Text.alloc (i32.const 4)))
    (call $Line.text.put (local.get $l) (local.get $a)) ;; <- refused here
    (call $Line.free (local.get $l)))
)
