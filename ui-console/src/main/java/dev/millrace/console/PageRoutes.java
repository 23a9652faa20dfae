package dev.millrace.console;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Serves the page at every address a view can have, and the files it is made of. */
final class PageRoutes {
    /** Addresses of views; the page itself finds out which one is meant. */
    private static final List<String> VIEWS =
            List.of("/", "/topics", "/topics/*", "/groups", "/groups/*", "/queries", "/sql");

    private final Vertx vertx;
    private final SecureRandom random = new SecureRandom();
    private @Nullable Future<Assets> assets; // guarded by this

    private PageRoutes(Vertx vertx) {
        this.vertx = vertx;
    }

    static void mount(Router router, Vertx vertx) {
        PageRoutes page = new PageRoutes(vertx);
        VIEWS.forEach(view -> router.get(view).handler(page::page));
        router.get("/assets/*").handler(page::file);
        router.get("/favicon.ico")
                .handler(request -> request.redirect("/assets/current/favicon.svg"));
    }

    /** Read at the first visit, so that a node that nobody looks at starts without it. */
    private synchronized Future<Assets> assets() {
        if (assets == null || assets.failed()) {
            assets = vertx.executeBlocking(Assets::load);
        }
        return assets;
    }

    private void page(RoutingContext request) {
        assets().onSuccess(
                        loaded -> {
                            byte[] random = new byte[16];
                            this.random.nextBytes(random);
                            String nonce = Base64.getEncoder().encodeToString(random);
                            secure(request.response())
                                    .putHeader("Content-Type", "text/html; charset=utf-8")
                                    .putHeader("Cache-Control", "no-store")
                                    .putHeader(
                                            "Content-Security-Policy",
                                            loaded.contentSecurityPolicy(nonce))
                                    .end(loaded.page(nonce));
                        })
                .onFailure(request::fail);
    }

    private void file(RoutingContext request) {
        assets().onSuccess(loaded -> file(request, loaded)).onFailure(request::fail);
    }

    private static void file(RoutingContext request, Assets loaded) {
        String[] parts = request.normalizedPath().split("/", 4); // "", assets, version, name
        Assets.Asset asset = parts.length == 4 ? loaded.files().get(parts[3]) : null;
        if (asset == null) {
            request.response().setStatusCode(404).end();
            return;
        }
        boolean immutable = parts[2].equals(loaded.version());
        HttpServerResponse response =
                secure(request.response())
                        .putHeader("Content-Type", asset.contentType())
                        .putHeader("Vary", "Accept-Encoding")
                        .putHeader(
                                "Cache-Control",
                                immutable ? "public, max-age=31536000, immutable" : "no-cache");
        if (asset.gzipped() != null && acceptsGzip(request.request())) {
            response.putHeader("Content-Encoding", "gzip").end(asset.gzipped());
        } else {
            response.putHeader("Content-Encoding", "identity").end(asset.plain());
        }
    }

    private static boolean acceptsGzip(HttpServerRequest request) {
        String accepted = request.getHeader("Accept-Encoding");
        return accepted != null && accepted.contains("gzip");
    }

    private static HttpServerResponse secure(HttpServerResponse response) {
        return response.putHeader("X-Content-Type-Options", "nosniff")
                .putHeader("Referrer-Policy", "no-referrer")
                .putHeader("Cross-Origin-Opener-Policy", "same-origin");
    }
}
