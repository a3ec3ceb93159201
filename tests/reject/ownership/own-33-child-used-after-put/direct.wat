;; A text is stamped after it was put into a letter
;; expect: OWN_USE_AFTER_MOVE func=5 offset=0xc7
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: block Letter { stamp: i64; text: Text!; cover: Text; }
(module
  (import "singula/Letter" "new" (func $Letter.new (result externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Letter" "text.put" (func $Letter.text.put (param externref externref)))
  (import "singula/Text" "stamp.set" (func $Text.stamp.set (param externref i64)))
  (import "singula/Letter" "free" (func $Letter.free (param externref)))
  (memory 1)
  (func (export "main") (local $l externref) (local $t externref)
    (local.set $l (call $Letter.new))
    (local.set $t (call $Text.new (i32.const 4)))
    (call $Letter.text.put (local.get $l) (local.get $t))
    (call $Text.stamp.set (local.get $t) (i64.const 1)) ;; <- refused here
    (call $Letter.free (local.get $l)))
)
