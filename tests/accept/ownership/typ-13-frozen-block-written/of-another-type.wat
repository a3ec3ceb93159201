;; As the refused case of this name, but as what it is
;; expect: OK
;; contract: block Text { bytes: u8[]; }
;; contract: block Page { text: Text; }
(module
  (import "singula/Page" "freeze" (func $Page.freeze (param externref) (result externref)))
  (import "singula/Page" "new" (func $Page.new (result externref)))
  (import "singula/Page" "thaw" (func $Page.thaw (param externref) (result externref)))
  (import "singula/Page" "free" (func $Page.free (param externref)))
  (memory 1)
  (func (export "main") (local $f externref) (local $t externref)
    (local.set $f (call $Page.freeze (call $Page.new)))
    (local.set $t (call $Page.thaw (local.get $f)))
    (call $Page.free (local.get $t)))
)
