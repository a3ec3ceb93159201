;; A frozen block of one type is thawed as one of another
;; expect: TYP_MISMATCH func=4 offset=0x91
;; monitor: MON_TYPE
;; contract: block Text { bytes: u8[]; }
;; contract: block Page { text: Text; }
(module
  (import "singula/Page" "freeze" (func $Page.freeze (param externref) (result externref)))
  (import "singula/Page" "new" (func $Page.new (result externref)))
  (import "singula/Text" "thaw" (func $Text.thaw (param externref) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (memory 1)
  (func (export "main") (local $f externref) (local $t externref)
    (local.set $f (call $Page.freeze (call $Page.new)))
    (local.set $t (call $Text.thaw (local.get $f))) ;; <- refused here
    (call $Text.free (local.get $t)))
)
