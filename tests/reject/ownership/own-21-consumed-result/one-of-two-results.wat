;; The second of two results was given away with the first
;; expect: OWN_USE_AFTER_MOVE func=6 offset=0xd0
;; monitor: MON_DEAD
;; contract: block Text { stamp: i64; bytes: u8[]; }
;; contract: block Letter { stamp: i64; text: Text!; cover: Text; }
(module
  (import "singula/Letter" "new" (func $Letter.new (result externref)))
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Letter" "text.put" (func $Letter.text.put (param externref externref)))
  (import "singula/Letter" "free" (func $Letter.free (param externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func $pair (result externref externref) (local $l externref) (local $t externref)
    (local.set $l (call $Letter.new))
    (local.set $t (call $Text.new (i32.const 4)))
    (call $Letter.text.put (local.get $l) (local.get $t))
    (local.get $l)
    (local.get $t))
  (func (export "main") (local $t externref)
    (call $pair)
    local.set $t
    call $Letter.free
    (call $Text.free (local.get $t))) ;; <- refused here
)
